import {useMeetingBus} from "@omeet/core/meeting_bus";
import {registry} from "@web/core/registry";
import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {KanbanController} from "@web/views/kanban/kanban_controller";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";

/** Shows what omeet tells while the form is open; never over something that is being edited. */
export class MeetingFormController extends FormController {
    setup() {
        super.setup();
        useMeetingBus((ids) => this.refresh(ids));
    }

    async refresh(ids) {
        const {root} = this.model;
        if (ids.has(root.resId) && !(await root.isDirty())) {
            await root.load();
        }
    }
}

const refreshing = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            useMeetingBus(() => this.refresh());
        }

        async refresh() {
            if (!this.model.root.editedRecord) {
                await this.model.load();
            }
        }
    };

const views = registry.category("views");
views.add("omeet_meeting_form", {...formView, Controller: MeetingFormController});
views.add("omeet_meeting_kanban", {...kanbanView, Controller: refreshing(KanbanController)});
views.add("omeet_meeting_list", {...listView, Controller: refreshing(ListController)});

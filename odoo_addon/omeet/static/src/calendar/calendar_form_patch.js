import {CalendarFormController} from "@calendar/views/calendar_form/calendar_form_controller";
import {serializeDate, serializeDateTime} from "@web/core/l10n/dates";
import {patch} from "@web/core/utils/patch";

/** The form as it stands, saved or not: what a reserved meeting is called and when it is. */
export function formValues(record) {
    const {name, start, stop, start_date, stop_date, allday, partner_ids} = record.data;
    const begin = allday ? start_date && serializeDate(start_date) : start && serializeDateTime(start);
    const end = allday ? stop_date && serializeDate(stop_date) : stop && serializeDateTime(stop);
    return {
        id: record.resId || false,
        name: name || false,
        start: begin || false,
        stop: end || false,
        allday: Boolean(allday),
        partner_ids: partner_ids?.currentIds ?? [],
    };
}

// As the calendar does for its own button: the link goes into the form and nothing is saved, so that the first save - and the
// invitation it sends - carries it. The quick-create popover has the same controller.
patch(CalendarFormController.prototype, {
    async beforeExecuteActionButton(clickParams, ...others) {
        const {name} = clickParams;
        const root = this.model.root;
        if (name === "action_omeet_add_link") {
            await this.omeetAddLink(root);
            return false;
        }
        const clears = ["action_omeet_clear_link", "clear_videocall_location"].includes(name);
        if (clears && root.data.videocall_source === "omeet") {
            await this.omeetClearLink(root);
            return false;
        }
        return super.beforeExecuteActionButton(clickParams, ...others);
    },

    async omeetAddLink(root) {
        const {url} = await this.model.orm.call("calendar.event", "omeet_reserve", [formValues(root)]);
        await root.update({videocall_location: url, videocall_source: "omeet"});
    },

    async omeetClearLink(root) {
        const url = root.data.videocall_location;
        await root.update({videocall_location: "", videocall_source: "custom"});
        try {
            await this.model.orm.silent.call("calendar.event", "omeet_release", [url]);
        } catch {
            // A reservation that nobody claims expires by itself.
        }
    },
});

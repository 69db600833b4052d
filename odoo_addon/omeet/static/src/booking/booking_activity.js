import {Activity} from "@mail/core/web/activity";
import {patch} from "@web/core/utils/patch";

/** The activity of a booking is answered where it is read. */
patch(Activity.prototype, {
    async omeetDecide(method) {
        const {thread} = this;
        await this.env.services.orm.call("omeet.booking", method, [[thread.id]]);
        this.props.activity.remove();
        this.props.onActivityChanged(thread);
        this.props.reloadParentView();
    },
});

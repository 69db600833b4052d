import {useCopyLink} from "@omeet/core/copy_link";
import {webAddress} from "@omeet/core/new_tab";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";
import {Component} from "@odoo/owl";

const {DateTime} = luxon;

function stateLabel(state) {
    const labels = {
        draft: _t("Draft"),
        ready: _t("Ready"),
        started: _t("Live"),
        ended: _t("Ended"),
        cancelled: _t("Cancelled"),
    };
    return labels[state] ?? state;
}

/** One meeting: when, what, who, its state, and what can be done with it. */
export class MeetingCard extends Component {
    static template = "omeet.MeetingCard";
    static props = {
        meeting: Object,
    };

    setup() {
        this.action = useService("action");
        this.copyLink = useCopyLink();
    }

    get stateLabel() {
        return stateLabel(this.props.meeting.state);
    }

    get isOpen() {
        return ["ready", "started"].includes(this.props.meeting.state);
    }

    get begin() {
        const {start} = this.props.meeting;
        return start ? deserializeDateTime(start).toLocaleString(DateTime.TIME_SIMPLE) : "";
    }

    get end() {
        const {end} = this.props.meeting;
        return end ? deserializeDateTime(end).toLocaleString(DateTime.TIME_SIMPLE) : "";
    }

    get code() {
        const code = this.props.meeting.room_code;
        return code.length === 10 ? `${code.slice(0, 3)}-${code.slice(3, 7)}-${code.slice(7)}` : code;
    }

    get joinAddress() {
        const {room_code} = this.props.meeting;
        return room_code && webAddress(`/o-meet/join/${room_code}`);
    }

    copy() {
        return this.copyLink(this.props.meeting.join_url);
    }

    openRecord() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "jitsi.meeting",
            res_id: this.props.meeting.id,
            views: [[false, "form"]],
        });
    }
}

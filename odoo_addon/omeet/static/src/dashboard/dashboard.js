import {useMeetingBus} from "@omeet/core/meeting_bus";
import {openInNewTab} from "@omeet/core/new_tab";
import {MeetingCard} from "@omeet/dashboard/meeting_card";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {Component, onWillStart, useExternalListener, useState} from "@odoo/owl";

const {DateTime} = luxon;

/** New meeting, join by code, and the user's meetings of today and later; kept up to date while it is open. */
export class OmeetDashboard extends Component {
    static template = "omeet.Dashboard";
    static components = {Layout, MeetingCard};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({
            serverOk: true,
            message: "",
            today: [],
            upcoming: [],
            failed: false,
            busy: false,
            title: "",
            code: "",
            codeError: "",
            offered: "",
        });
        onWillStart(() => this.load());
        useMeetingBus(() => this.load());
        useExternalListener(document, "visibilitychange", () => document.hidden || this.load());
    }

    get display() {
        return {controlPanel: {}};
    }

    get isEmpty() {
        return !this.state.failed && !this.state.today.length && !this.state.upcoming.length;
    }

    get todayLabel() {
        return DateTime.local().toLocaleString({weekday: "long", day: "numeric", month: "long"});
    }

    /** Coming meetings under the day they are on, in the order they come. */
    get comingDays() {
        const days = new Map();
        for (const meeting of this.state.upcoming) {
            const label = this.dayLabel(meeting.start);
            days.set(label, [...(days.get(label) ?? []), meeting]);
        }
        return [...days].map(([label, meetings]) => ({label, meetings}));
    }

    dayLabel(start) {
        return start ? deserializeDateTime(start).toLocaleString({weekday: "long", day: "numeric", month: "long"}) : _t("Without a date");
    }

    async load() {
        try {
            const data = await this.keepLast.add(this.orm.silent.call("jitsi.meeting", "dashboard_data", []));
            const {server_ok, message, today, upcoming} = data;
            Object.assign(this.state, {serverOk: server_ok, message, today, upcoming, failed: false});
        } catch {
            Object.assign(this.state, {failed: true, message: _t("The meetings could not be loaded.")});
        }
    }

    newMeeting() {
        return this.goTo(async () => {
            const {join_url} = await this.orm.call("jitsi.meeting", "create_instant", [this.state.title.trim()]);
            this.state.title = "";
            return join_url;
        });
    }

    joinByCode() {
        return this.goTo(async () => {
            const {join_url, error} = await this.orm.call("jitsi.meeting", "find_by_code", [this.state.code.trim()]);
            this.state.codeError = error ?? "";
            return join_url;
        });
    }

    /** One at a time: a second click would be a second meeting. */
    async goTo(ask) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        this.state.offered = "";
        try {
            this.state.offered = (await openInNewTab(ask)) ?? "";
        } finally {
            this.state.busy = false;
            this.load();
        }
    }

    allMeetings() {
        return this.action.doAction("omeet.action_my_meetings");
    }
}

registry.category("actions").add("omeet.dashboard", OmeetDashboard);

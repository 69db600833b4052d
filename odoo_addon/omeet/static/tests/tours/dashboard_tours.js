import {expectMatch, patient, recordTabsAndCopies, seen} from "./stubs";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const ready = {trigger: ".o_omeet_dashboard .o_omeet_new_button:enabled", run: recordTabsAndCopies};
const card = (name) => `.o_omeet_card:has(.o_omeet_open:contains(${name}))`;

tours.add("omeet_dashboard_new", {
    steps: () =>
        patient([
            ready,
            {trigger: ".o_omeet_empty"},
            {trigger: "#o_omeet_title", run: "edit Quick question"},
            {trigger: ".o_omeet_new_button", run: "click"},
            {trigger: `.o_omeet_today ${card("Quick question")}`, run: () => expectMatch(seen.opened, /\/o-meet\/join\/[a-z0-9]{10}$/)},
            {
                trigger: `${card("Quick question")} .o_omeet_state[data-state='ready'], ${card("Quick question")} .o_omeet_state[data-state='started']`,
            },
            {trigger: `${card("Quick question")} .o_omeet_copy`, run: "click"},
            {
                trigger: ".o_notification:contains(Link copied)",
                run: () => expectMatch(seen.copied, /^http:\/\/127\.0\.0\.1:\d+\/j\/[a-z0-9-]+$/),
            },
        ]),
});

tours.add("omeet_dashboard_code", {
    steps: () =>
        patient([
            ready,
            {trigger: "#o_omeet_code", run: "edit nope"},
            {trigger: ".o_omeet_enter_button", run: "click"},
            {trigger: ".o_omeet_code_error:contains(ten letters)", run: () => expectMatch(seen.opened, /^closed$/)},
            {
                trigger: `${card("By code")} .o_omeet_code`,
                run: ({anchor}) => {
                    seen.code = anchor.textContent;
                },
            },
            {trigger: "#o_omeet_code", run: (helpers) => helpers.edit(seen.code)},
            {trigger: ".o_omeet_enter_button:enabled", run: "click"},
            {
                trigger: ".o_omeet_enter:not(:has(.is-invalid)) .o_omeet_enter_button:enabled",
                run: () => expectMatch(seen.opened, new RegExp(`/o-meet/join/${seen.code.replaceAll("-", "")}$`)),
            },
        ]),
});

tours.add("omeet_dashboard_unconfigured", {
    steps: () =>
        patient([
            ready,
            {trigger: ".o_omeet_problem:contains(not set up)"},
            {trigger: ".o_omeet_new_button", run: "click"},
            {trigger: ".modal .modal-body:contains(not set up)", run: () => expectMatch(seen.opened, /^closed$/)},
            {trigger: ".modal .modal-footer .btn-primary", run: "click"},
            {trigger: "body:not(:has(.modal))"},
        ]),
});

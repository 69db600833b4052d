import {patient} from "./stubs";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const state = (value) => `.o_statusbar_status [data-value='${value}'].o_arrow_button_current`;

tours.add("omeet_meetings", {
    steps: () =>
        patient([
            {trigger: ".o_kanban_view .o_kanban_record:contains(Planned)"},
            {trigger: ".o_kanban_record:contains(Planned) .o_field_badge:contains(Ready)"},
            {trigger: "button.o_switch_view.o_list", run: "click"},
            {trigger: ".o_list_view .o_data_row:contains(Planned) .o_data_cell[name='name']", run: "click"},
            {trigger: `.o_form_view ${state("ready")}`},
            {trigger: "button[name='action_start']", run: "click"},
            {trigger: state("started")},
            {trigger: "button[name='action_end']", run: "click"},
            {trigger: ".modal .btn-primary", run: "click"},
            {trigger: state("ended")},
            {trigger: "button[name='action_reopen']", run: "click"},
            {trigger: state("started")},
            {trigger: "button[name='action_cancel']", run: "click"},
            {trigger: ".modal .btn-primary", run: "click"},
            {trigger: ".o_form_saved:has(.ribbon)"},
        ]),
});

tours.add("omeet_meeting_new", {
    steps: () =>
        patient([
            {trigger: ".o_kanban_view"},
            {trigger: ".o-kanban-button-new", run: "click"},
            {trigger: ".o_form_view .o_field_widget[name='name'] :is(input, textarea)", run: "edit By hand"},
            {trigger: ".o_form_button_save", run: "click"},
            {trigger: ".o_form_saved .o_field_widget[name='join_url']"},
        ]),
});

tours.add("omeet_settings", {
    steps: () =>
        patient([
            {trigger: ".o_setting_container .app_settings_block:not(.d-none) [name='omeet_url'] input:value(http://127.0.0.1)"},
            {trigger: "[name='omeet_key'] input[type='password']:value()"},
            {trigger: "button[name='action_omeet_test']", run: "click"},
            {trigger: ".o_notification:contains(connected)"},
        ]),
});

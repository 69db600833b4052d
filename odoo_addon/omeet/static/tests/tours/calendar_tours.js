import {expectMatch} from "./stubs";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const FIELD = ".o_field_widget[name='videocall_location']";
const NAME = ".o_form_view .o_field_widget[name='name'] :is(input, textarea)";

const hasLink = {
    trigger: `${FIELD} :is(input, a)`,
    run: ({anchor}) => expectMatch(anchor.value ?? anchor.href, /^http:\/\/127\.0\.0\.1:\d+\/j\/[a-z0-9-]+$/),
};
const addLink = [{trigger: "button.o_omeet_add", run: "click"}, {trigger: "button.o_omeet_clear"}, hasLink];
const clearLink = [
    {trigger: "button.o_omeet_clear", run: "click"},
    {trigger: "button.o_omeet_add"},
];
const save = [{trigger: ".o_form_button_save", run: "click"}, {trigger: ".o_form_saved"}];
const newInList = [
    {trigger: ".o_calendar_view .fc"},
    {trigger: "button.o_switch_view.o_list", run: "click"},
    {trigger: ".o_list_button_add", run: "click"},
];
const newInPopover = [
    {trigger: ".o_calendar_view .fc"},
    {trigger: ".o_calendar_button_new, .o-calendar-button-new", run: "click"},
    {trigger: ".modal .o_form_view"},
];
const savePopover = [
    {trigger: ".modal .o_form_button_save", run: "click"},
    {trigger: "body:not(:has(.modal)) .o_calendar_view .fc"},
];

tours.add("omeet_calendar_unsaved", {
    steps: () => [...newInList, {trigger: NAME, run: "edit Unsaved"}, ...addLink, ...save],
});

tours.add("omeet_calendar_unsaved_cleared", {
    steps: () => [...newInList, {trigger: NAME, run: "edit Cleared"}, ...addLink, ...clearLink, ...save],
});

tours.add("omeet_calendar_saved", {
    steps: () => [{trigger: ".o_form_view"}, ...addLink, ...save],
});

tours.add("omeet_calendar_saved_cleared", {
    steps: () => [{trigger: ".o_form_view"}, hasLink, ...clearLink, ...save],
});

tours.add("omeet_calendar_quick", {
    steps: () => [...newInPopover, {trigger: NAME, run: "edit Quick"}, ...addLink, ...savePopover],
});

tours.add("omeet_calendar_quick_cleared", {
    steps: () => [...newInPopover, {trigger: NAME, run: "edit Quick cleared"}, ...addLink, ...clearLink, ...savePopover],
});

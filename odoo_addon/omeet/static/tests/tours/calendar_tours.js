import {expectMatch, patient} from "./stubs";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const FIELD = ".o_field_widget[name='videocall_location']";
const NAME = ".o_form_view .o_field_widget[name='name'] :is(input, textarea)";

const hasLink = {
    trigger: FIELD,
    run: ({anchor}) =>
        expectMatch(anchor.querySelector("input")?.value ?? anchor.textContent.trim(), /^http:\/\/127\.0\.0\.1:\d+\/j\/[a-z0-9-]+$/),
};
const addLink = [{trigger: "button.o_omeet_add", run: "click"}, {trigger: "button.o_omeet_clear"}, hasLink];
const clearLink = [{trigger: "button.o_omeet_clear", run: "click"}, {trigger: "button.o_omeet_add"}];
const save = [{trigger: ".o_form_button_save", run: "click"}, {trigger: ".o_form_saved"}];
const newInList = [
    {trigger: ".o_calendar_view .fc"},
    {trigger: "button.o_switch_view.o_list", run: "click"},
    {trigger: ".o_list_button_add", run: "click"},
];
// A click on a free slot opens the popover. The calendar listens to the mouse, not to clicks, and needs a place.
const newInPopover = [
    {
        trigger: ".o_calendar_view .fc-timegrid-slot-lane[data-time='05:00:00']",
        async run({anchor}) {
            anchor.scrollIntoView({block: "center"});
            const {left, top, width, height} = anchor.getBoundingClientRect();
            const place = {bubbles: true, cancelable: true, clientX: left + width / 2, clientY: top + height / 2, button: 0};
            for (const type of ["mousedown", "mouseup", "click"]) {
                document.elementFromPoint(place.clientX, place.clientY).dispatchEvent(new MouseEvent(type, place));
            }
        },
    },
    {trigger: ".modal .o_form_view, .o_popover .o_form_view"},
];
const savePopover = [{trigger: ".modal .o_form_button_save", run: "click"}, {trigger: "body:not(:has(.modal)) .o_calendar_view .fc"}];

tours.add("omeet_calendar_unsaved", {
    steps: () => patient([...newInList, {trigger: NAME, run: "edit Unsaved"}, ...addLink, ...save]),
});

tours.add("omeet_calendar_unsaved_cleared", {
    steps: () => patient([...newInList, {trigger: NAME, run: "edit Cleared"}, ...addLink, ...clearLink, ...save]),
});

tours.add("omeet_calendar_saved", {
    steps: () => patient([{trigger: ".o_form_view"}, ...addLink, ...save]),
});

tours.add("omeet_calendar_saved_cleared", {
    steps: () => patient([{trigger: ".o_form_view"}, hasLink, ...clearLink, ...save]),
});

tours.add("omeet_calendar_quick", {
    steps: () => patient([...newInPopover, {trigger: NAME, run: "edit Quick"}, ...addLink, ...savePopover]),
});

tours.add("omeet_calendar_quick_cleared", {
    steps: () => patient([...newInPopover, {trigger: NAME, run: "edit Quick cleared"}, ...addLink, ...clearLink, ...savePopover]),
});

import {browser} from "@web/core/browser/browser";

/** Steps that wait a minute instead of ten seconds: a machine that does something else besides takes its time to draw a view. */
export const patient = (steps) => steps.map((step) => ({timeout: 60000, ...step}));

/** What a tour cannot follow - other tabs, the clipboard - is written down here. */
export const seen = {opened: "", copied: ""};

/** Tabs and copies are recorded instead of made. A tab counts as opened only if it was asked for within the click, before any answer. */
export function recordTabsAndCopies() {
    browser.open = () => ({
        close() {
            seen.opened = "closed";
        },
        location: {
            replace(address) {
                seen.opened = address;
            },
        },
    });
    Object.defineProperty(navigator.clipboard, "writeText", {
        configurable: true,
        value: async (text) => {
            seen.copied = text;
        },
    });
}

export function expectMatch(text, pattern) {
    if (!pattern.test(text)) {
        throw new Error(`${JSON.stringify(text)} is not ${pattern}`);
    }
}

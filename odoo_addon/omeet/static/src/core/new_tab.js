import {browser} from "@web/core/browser/browser";

/**
 * Opens a tab for an address that has still to be asked for. The tab opens within the click: browsers block one that opens later.
 * A link in the answer that is no web address is not followed.
 *
 * @param {() => Promise<string | undefined>} ask answers the address, or nothing
 * @returns {Promise<string | undefined>} the address when no tab could be opened, so that the caller can offer it as a link
 */
export async function openInNewTab(ask) {
    const tab = browser.open("", "_blank");
    let address;
    try {
        address = webAddress(await ask());
    } finally {
        if (tab && !address) {
            tab.close();
        }
    }
    if (!address || !tab) {
        return address;
    }
    tab.opener = null;
    tab.location.replace(address);
}

export function webAddress(link) {
    if (!link) {
        return undefined;
    }
    const url = new URL(link, browser.location.origin);
    return ["http:", "https:"].includes(url.protocol) ? url.href : undefined;
}

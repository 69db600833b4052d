import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

/** Answers a function that copies a link and says so; where the browser does not let it, the link is shown to be copied by hand. */
export function useCopyLink() {
    const notification = useService("notification");
    return async (link) => {
        try {
            await browser.navigator.clipboard.writeText(link);
            notification.add(_t("Link copied."), {type: "success"});
        } catch {
            notification.add(link, {title: _t("Copy this link"), type: "info", sticky: true});
        }
    };
}

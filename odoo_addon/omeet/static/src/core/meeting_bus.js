import {useService} from "@web/core/utils/hooks";
import {onMounted, onWillUnmount} from "@odoo/owl";

const NOTIFICATION = "omeet.meeting";

/**
 * Calls back whenever a meeting of the user changed; several changes in a row are told once.
 *
 * @param {(ids: Set<number>) => any} changed
 */
export function useMeetingBus(changed, delayMs = 250) {
    const bus = useService("bus_service");
    let waiting = new Set();
    let timer = null;

    const tell = () => {
        const ids = waiting;
        waiting = new Set();
        timer = null;
        changed(ids);
    };
    const hear = ({ids = []}) => {
        ids.forEach((id) => waiting.add(id));
        timer ??= setTimeout(tell, delayMs);
    };
    onMounted(() => {
        bus.subscribe(NOTIFICATION, hear);
        bus.start();
    });
    onWillUnmount(() => {
        bus.unsubscribe(NOTIFICATION, hear);
        clearTimeout(timer);
    });
}

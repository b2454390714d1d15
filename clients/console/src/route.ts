// What is shown as a URL fragment: #/TENANT, #/TENANT/ORDER, or #events. So an order can be opened in a second tab, and the back button works.

import { validateOrderId, validateTenantId } from '@orders/core';
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  tenant: string;
  /** The order that is shown, if any. */
  order: string | undefined;
  /** Whether the events of all tenants are shown instead. */
  events: boolean;
}

/** The fragment of the events. */
export const EVENTS = '#events';

const REMEMBERED = 'orders.tenant';
const FIRST_TENANT = 'acme';

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => localStorage.setItem(REMEMBERED, route.tenant), [route.tenant]);
  return route;
}

export function href(tenant: string, order?: string): string {
  return order === undefined ? `#/${tenant}` : `#/${tenant}/${order}`;
}

export function go(tenant: string, order?: string): void {
  location.hash = href(tenant, order);
}

function read(): Route {
  const [, tenant, order] = location.hash.split('/');
  return {
    tenant: valid(validateTenantId, tenant) ?? valid(validateTenantId, localStorage.getItem(REMEMBERED)) ?? FIRST_TENANT,
    order: valid(validateOrderId, order),
    events: location.hash === EVENTS,
  };
}

/** Checks a tenant from the address bar or from the browser's storage with the service's own rules. */
function valid(validate: (text: string) => string, text: string | null | undefined): string | undefined {
  try {
    return typeof text === 'string' ? validate(text) : undefined;
  } catch {
    return undefined;
  }
}

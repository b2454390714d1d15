import { validateTenantId } from '@orders/core';
import { useEffect, useState } from 'preact/hooks';
import { Field, judge } from './field';
import { go } from './route';

/** Selects the tenant whose orders are shown. */
export function TenantPicker({ tenant }: { tenant: string }) {
  const [text, setText] = useState(tenant);
  useEffect(() => setText(tenant), [tenant]);
  const { value, refusal } = judge(() => validateTenantId(text));
  return (
    <form
      class="tenant"
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== undefined) go(value);
      }}
    >
      <Field label="Tenant" value={text} onValue={setText} refusal={refusal} />
      <button type="submit" disabled={value === undefined || value === tenant}>
        Switch
      </button>
    </form>
  );
}

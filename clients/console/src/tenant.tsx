import { validateTenantId } from '@orders/core';
import { useEffect, useState } from 'preact/hooks';
import { Field, judge } from './field';
import { go } from './route';

interface TenantPickerProps {
  tenant: string;
  /** The bearer token; empty without one. */
  token: string;
  onToken: (token: string) => void;
}

/** Selects the tenant whose orders are shown, and the token for a service that needs one. */
export function TenantPicker({ tenant, token, onToken }: TenantPickerProps) {
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
      <details class="token" open={token !== ''}>
        <summary>Token</summary>
        <input
          type="password"
          aria-label="Bearer token"
          placeholder="for --auth jwt"
          autocomplete="off"
          value={token}
          onInput={(event) => onToken(event.currentTarget.value.trim())}
        />
      </details>
    </form>
  );
}

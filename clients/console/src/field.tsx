import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** The result of a rule: the parsed value, or the reason of the refusal. */
export type Judged<T> = { value: T; refusal?: undefined } | { value?: undefined; refusal: string };

/** Applies a rule of @orders/core, which throws its refusal. */
export function judge<T>(rule: () => T): Judged<T> {
  try {
    return { value: rule() };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}

interface FieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  /** The reason of the refusal, if the rules refuse the value. */
  refusal: string | undefined;
  /** Shown while the value is accepted. */
  hint?: ComponentChildren;
  multiline?: boolean;
  input?: JSX.IntrinsicElements['input'];
}

/** A labelled input that shows the refusal of its value while it is typed. */
export function Field({ label, value, onValue, refusal, hint, multiline = false, input = {} }: FieldProps) {
  const id = useId();
  const common = {
    id,
    value,
    onInput: (event: { currentTarget: { value: string } }) => onValue(event.currentTarget.value),
    spellcheck: false,
    autocomplete: 'off',
    autocapitalize: 'off',
    'aria-invalid': refusal !== undefined,
    'aria-describedby': `${id}-says`,
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {multiline ? <textarea rows={3} {...common} /> : <input {...common} {...input} />}
      <p id={`${id}-says`} class={refusal === undefined ? 'hint' : 'refusal'} aria-live="polite">
        {refusal ?? hint}
      </p>
    </div>
  );
}

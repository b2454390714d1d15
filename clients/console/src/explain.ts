import { IdempotencyKeyReusedError, InvalidTransitionError, NetworkError, NotFoundError, ResponseError } from '@orders/client';

/** The message that the page shows for an error. */
export function explain(error: unknown): string {
  if (error instanceof NetworkError) return 'No response from the service. Is it running?';
  if (error instanceof NotFoundError) return 'This tenant has no such order. Another tenant’s order gives exactly the same response.';
  if (error instanceof IdempotencyKeyReusedError) return 'Refused: this key was used with a different body within the last hour.';
  if (error instanceof InvalidTransitionError) return `Refused: the order is ${error.currentStatus} now.`;
  if (error instanceof ResponseError) return `Refused with ${error.status}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

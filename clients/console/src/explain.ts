import { IdempotencyKeyReusedError, InvalidTransitionError, NetworkError, NotFoundError, ResponseError } from '@orders/client';

/** An error for the person in front of the page. */
export function explain(error: unknown): string {
  if (error instanceof NetworkError) return 'The service does not answer. Is it running?';
  if (error instanceof NotFoundError) return 'This tenant has no such order. Another tenant’s order would answer exactly the same.';
  if (error instanceof IdempotencyKeyReusedError) return 'Refused: this key was used with a different body within the last hour.';
  if (error instanceof InvalidTransitionError) return `Refused: the order is ${error.currentStatus} by now.`;
  if (error instanceof ResponseError) return `Refused with ${error.status}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

// Retries: which errors, how often, and the wait in between.

import { errorOf, NetworkError, OrdersError, RequestInProgressError, ResponseError } from './errors.js';
import { FetchError, ResponseError as UnreadResponse } from './generated/index.js';

/** How a request is retried. */
export interface RetryOptions {
  /** Attempts, the first one included. Default 5. */
  attempts?: number;
  /** The longest wait after the first failed attempt, in milliseconds. Doubles with each attempt. Default 100. */
  firstDelay?: number;
  /** The longest wait of all, in milliseconds. A longer `Retry-After` ends the retries. Default 20 000. */
  longestDelay?: number;
  /** Timeout of one attempt, in milliseconds. Default 15 000. */
  timeout?: number;
}

/** Passed to each attempt. */
export interface Attempt {
  /** Aborts the attempt: on the caller's signal, or at the timeout. */
  signal: AbortSignal;
  /** Whether an earlier attempt may have taken effect although it failed. */
  mayBeDone: boolean;
}

/** Repeats `attempt` until it succeeds, fails with a permanent error, or has failed `attempts` times. Rejects with the caller's reason when aborted. */
export async function retrying<T>(
  options: RetryOptions,
  caller: AbortSignal | undefined,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const { attempts = 5, firstDelay = 100, longestDelay = 20_000, timeout = 15_000 } = options;
  for (let tried = 1, mayBeDone = false; ; tried++) {
    caller?.throwIfAborted();
    const timedOut = AbortSignal.timeout(timeout);
    const signal = caller ? AbortSignal.any([caller, timedOut]) : timedOut;
    try {
      return await attempt({ signal, mayBeDone });
    } catch (thrown) {
      caller?.throwIfAborted();
      const error = await toOrdersError(thrown);
      if (!isTransient(error)) throw error;
      const retryAfter = error instanceof NetworkError ? 0 : (error.retryAfter ?? 0);
      if (tried >= attempts || retryAfter > longestDelay) throw error;
      // Full jitter spreads the retries of clients that failed at the same time.
      const jittered = Math.random() * Math.min(longestDelay, firstDelay * 2 ** (tried - 1));
      await pause(retryAfter + jittered, caller);
      mayBeDone ||= !(error instanceof RequestInProgressError);
    }
  }
}

/** A retry of these may succeed: too slow, too many requests, a fault, or a proxy without a service behind it. */
const TRANSIENT = [408, 429, 500, 502, 503, 504];

function isTransient(error: unknown): error is NetworkError | ResponseError {
  if (error instanceof NetworkError || error instanceof RequestInProgressError) return true;
  return error instanceof ResponseError && TRANSIENT.includes(error.status);
}

/** Converts errors of the generated client into classes of this package. Other errors are bugs and stay as they are. */
async function toOrdersError(thrown: unknown): Promise<unknown> {
  if (thrown instanceof OrdersError) return thrown;
  if (thrown instanceof UnreadResponse) return errorOf(thrown.response);
  if (thrown instanceof FetchError) return new NetworkError('no response', { cause: thrown.cause });
  // The response ended early, or timed out, while its body was read.
  if (thrown instanceof TypeError || thrown instanceof DOMException) return new NetworkError('the response is incomplete', { cause: thrown });
  return thrown;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason); // its event has already fired
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

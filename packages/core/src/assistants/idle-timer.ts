/** Fires when nothing has been heard for so long. The SDK's own timeout covers only the wait for headers. */
export interface IdleTimer {
  readonly signal: AbortSignal;
  heard(): void;
  /** Nothing more is needed: so long it may take to end by itself. */
  wind(ms: number): void;
  stop(): void;
}

export function idleTimer(ms: number): IdleTimer {
  const controller = new AbortController();
  const fire = (): void => controller.abort(new Error(`nothing was heard for ${ms} ms`));
  let timer = setTimeout(fire, ms);
  return {
    signal: controller.signal,
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(fire, ms);
    },
    wind: (left) => {
      clearTimeout(timer);
      timer = setTimeout(fire, left);
    },
    stop: () => clearTimeout(timer),
  };
}

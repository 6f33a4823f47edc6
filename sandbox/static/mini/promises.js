// The platform's way to answer: success, fail and complete when they are given, else a promise.

export class Failure extends Error {
  constructor(reason, more = {}) {
    super(reason);
    this.more = more;
  }
}

// A wx function of this name. `act` gives the fields of the answer, or throws what comes after "fail".
export function answering(name, act) {
  return (options = {}) => {
    const run = async () => {
      try {
        return { ...(await act(options)), errMsg: `${name}:ok` };
      } catch (error) {
        const told = error.message || String(error);
        const message = told.startsWith(`${name}:`) ? told : `${name}:fail ${told}`;
        throw Object.assign(new Error(message), { errMsg: message, ...error.more });
      }
    };
    const hasCallbacks = ["success", "fail", "complete"].some((key) => typeof options[key] === "function");
    if (!hasCallbacks) return run();
    run().then(
      (told) => { options.success?.(told); options.complete?.(told); },
      (error) => {
        const told = { ...error, errMsg: error.errMsg };
        options.fail?.(told);
        options.complete?.(told);
      },
    );
    return undefined;
  };
}

// Listeners of one kind of news: on…, off… and the telling of it.
export function listeners() {
  const all = new Set();
  return {
    on: (run) => { all.add(run); },
    off: (run) => { if (run) all.delete(run); else all.clear(); },
    tell: (...given) => { for (const run of [...all]) run(...given); },
  };
}

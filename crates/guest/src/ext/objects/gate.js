// The input gate of an object: who may run, and who waits.
//
// Storage is synchronous here, so an event that waits for nothing else is never interrupted: every event, and every
// continuation of what an event has waited for, is a task of its own, behind which all microtasks run. What closes the
// gate is a critical section: while it runs, only what was started inside of it goes on. Sections nest. What was
// started in a section that is over goes on with what is around it.
//
//   the gate -- section, runs -- section inside, runs     each has at most one that runs in it; others wait behind
//
// Work that leaves the isolate's thread although it is no I/O (hashing, say) closes the gate for everybody else until
// it is done, as if it had been done at once.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ArrayPrototypeUnshift,
  Error,
  Promise,
  PromisePrototypeThen,
} = primordials;
const { op_object_gate, op_object_task, op_run_microtasks } = core.ops;

/** What code is told that outlives its object. */
const GONE_TEXT = "The Durable Object that this code belongs to has left the memory.";

/** Tasks of all objects that may run, in order: `{ gate, section, run }`. */
let tasks = [];

/** A critical section, or, without a parent, everything. */
class Section {
  /** @param {Gate} gate @param {Section | null} parent */
  constructor(gate, parent) {
    this.gate = gate;
    this.parent = parent;
    /** The section that runs inside of this one. */
    this.child = null;
    /** Sections that wait for that one, as the functions that start them. */
    this.children = [];
    /** Tasks that wait for it. */
    this.waiters = [];
    this.done = false;
  }

  /** How many sections it is in. */
  get depth() {
    let depth = 0;
    for (let at = this.parent; at !== null; at = at.parent) depth++;
    return depth;
  }
}

class Gate {
  /** @param {number} number of the object */
  constructor(number) {
    this.number = number;
    this.root = new Section(this, null);
    /** How much is done elsewhere that nobody else may come between. */
    this.soft = 0;
    /** Events that wait to start: a later one does not go before them. */
    this.line = 0;
    /** The object is broken or gone: nothing runs any more. */
    this.closed = false;
    /** What it broke with; undefined for one that is gone. */
    this.error = undefined;
  }

  /** Where something that was started in `section` runs now. @param {Section | undefined} section */
  at(section) {
    let at = section !== undefined && section.gate === this ? section : this.root;
    while (at.done) at = at.parent;
    return at;
  }

  /** True when something that was started in `section` has to wait. */
  blocks(section) {
    return this.soft > 0 || this.at(section).child !== null;
  }

  /** True while anything keeps events from starting. */
  get isBusy() {
    return this.soft > 0 || this.root.child !== null;
  }

  /** Runs `run` as soon as it may, as a task of its own. @param {Section | undefined} section @param {() => void} run */
  enter(section, run) {
    schedule({ gate: this, section, run });
  }

  /** Has an event start, as soon as it may and after those that came before. @param {() => void} run */
  start(run) {
    if (this.line === 0 && !this.blocks(undefined)) {
      run();
      return;
    }
    this.line++;
    this.enter(undefined, () => {
      this.line--;
      run();
    });
  }

  /** Runs `run` in `section`, now or when it may. @param {Section | undefined} section @param {() => void} run */
  in(section, run) {
    const inSection = () => {
      const previous = core.getAsyncContext();
      core.setAsyncContext({ __proto__: null, ...previous, section });
      try {
        run();
      } finally {
        core.setAsyncContext(previous);
      }
    };
    if (this.blocks(section)) {
      this.enter(section, inSection);
    } else {
      inSection();
    }
  }

  /** What an op that answers later gives, passed through the gate. */
  pass(promise, section) {
    return new Promise((resolve, reject) => {
      PromisePrototypeThen(
        promise,
        (value) => this.enter(section, () => resolve(value)),
        (error) => this.enter(section, () => reject(error)),
      );
    });
  }

  /** The same for what is no I/O: until it is there, nobody else goes on. */
  passSoftly(promise) {
    this.#soften(1);
    return new Promise((resolve, reject) => {
      const done = (settle) => {
        // Before everybody else, who goes on when this one's microtasks have run.
        ArrayPrototypeUnshift(tasks, {
          gate: this,
          section: null,
          run: () => {
            settle();
            op_run_microtasks();
            this.#soften(-1);
          },
        });
        op_object_task();
      };
      PromisePrototypeThen(promise, (value) => done(() => resolve(value)), (error) => done(() => reject(error)));
    });
  }

  #soften(by) {
    const before = this.isBusy;
    this.soft += by;
    this.#tell(before);
    if (this.soft === 0) release(this.root, true);
  }

  /**
   * Starts a critical section inside of the one that asks, when no other runs there.
   * @param {Section | undefined} around
   * @param {(section: Section) => void} run
   * @returns {Section}
   */
  section(around, run) {
    const parent = this.at(around);
    const section = new Section(this, parent);
    const begin = () => {
      const before = this.isBusy;
      parent.child = section;
      this.#tell(before);
      this.enter(section, () => run(section));
    };
    if (parent.child === null) {
      begin();
    } else {
      ArrayPrototypePush(parent.children, begin);
    }
    return section;
  }

  /** The section is over: what was started in it goes on with what is around it. @param {Section} section */
  leave(section) {
    if (section.done) return;
    section.done = true;
    const parent = this.at(section.parent);
    const before = this.isBusy;
    if (parent.child === section) parent.child = null;
    for (let i = 0; i < section.children.length; i++) ArrayPrototypePush(parent.children, section.children[i]);
    for (let i = 0; i < section.waiters.length; i++) ArrayPrototypePush(parent.waiters, section.waiters[i]);
    section.children = section.waiters = [];
    release(parent, false);
    this.#tell(before);
  }

  /** What code is told that goes on in an object which is over. */
  refuse() {
    throw this.error ?? new Error(GONE_TEXT);
  }

  /** Nothing runs any more. */
  close() {
    this.closed = true;
  }

  #tell(before) {
    const now = this.isBusy;
    if (now !== before && !this.closed) op_object_gate(this.number, now);
  }
}

/** Sections go before tasks, as in production. */
function release(section, all) {
  if (section.child !== null) {
    if (all) release(section.child, true);
    return;
  }
  if (section.gate.soft > 0) return;
  if (section.children.length > 0) {
    ArrayPrototypeShift(section.children)();
    return;
  }
  const waiters = section.waiters;
  section.waiters = [];
  for (let i = 0; i < waiters.length; i++) schedule(waiters[i]);
}

function schedule(task) {
  ArrayPrototypePush(tasks, task);
  op_object_task();
}

/** Runs the tasks that may run. Called by Rust, with no script on the stack. */
function runTasks() {
  while (tasks.length > 0) {
    const task = ArrayPrototypeShift(tasks);
    const { gate, section } = task;
    if (gate.closed) continue;
    if (section !== null && gate.blocks(section)) {
      ArrayPrototypePush(gate.at(section).waiters, task);
      continue;
    }
    task.run();
    op_run_microtasks();
  }
}

return { Gate, runTasks };
})();

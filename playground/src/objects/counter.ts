// A counter in a Durable Object. Its alarm takes it back to nothing.

import { DurableObject } from "cloudflare:workers";

export interface Count {
  name: string;
  value: number;
  /** When the alarm rings, in milliseconds since 1970. */
  resets: number | null;
}

export class Counter extends DurableObject<Env> {
  async look(): Promise<Count> {
    const value = (await this.ctx.storage.get<number>("value")) ?? 0;
    return { name: this.ctx.id.name ?? "", value, resets: await this.ctx.storage.getAlarm() };
  }

  /** Reading and writing need no lock: nobody else gets in between. */
  async increment(by = 1): Promise<Count> {
    const value = (await this.ctx.storage.get<number>("value")) ?? 0;
    await this.ctx.storage.put("value", value + by);
    return this.look();
  }

  async resetIn(ms: number): Promise<Count> {
    await this.ctx.storage.setAlarm(Date.now() + ms);
    return this.look();
  }

  override async alarm({ retryCount }: AlarmInvocationInfo): Promise<void> {
    console.log(`counter ${this.ctx.id.name}: back to nothing, try ${retryCount + 1}`);
    await this.ctx.storage.delete("value");
  }
}

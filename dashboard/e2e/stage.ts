import type { Browser } from "playwright-core";
import type { Service } from "./service.ts";

/** The one browser and the one service of all tests. */
export interface Stage {
  readonly browser: Browser;
  readonly service: Service;
}

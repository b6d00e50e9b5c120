import type { Browser } from "playwright-core";
import type { Platform } from "./platform.ts";
import type { Service } from "./service.ts";

/** The one browser, the one service of all tests, and the platform that it knows. */
export interface Stage {
  readonly browser: Browser;
  readonly service: Service;
  readonly platform: Platform;
}

import { afterAll, beforeAll, describe } from "vitest";
import { accounts } from "./accounts.ts";
import { applications } from "./applications.ts";
import { launch } from "./browser.ts";
import { elsewhere } from "./elsewhere.ts";
import { firstStart } from "./first-start.ts";
import { keyboard } from "./keyboard.ts";
import { pairing } from "./pairing.ts";
import { Platform } from "./platform.ts";
import { policy } from "./policy.ts";
import { renewal } from "./renewal.ts";
import { Service } from "./service.ts";
import { serving } from "./serving.ts";
import type { Stage } from "./stage.ts";
import { states } from "./states.ts";
import { story } from "./story.ts";
import { tokens } from "./tokens.ts";
import { watching } from "./watching.ts";
import { workspace } from "./workspace.ts";

let stage: Stage;
const onStage = () => stage;

beforeAll(async () => {
  const platform = await Platform.start();
  const settings = {
    ...platform.settings,
    DEFAULT_PLAN: "pro",
    REGISTRATIONS_PER_HOUR: "10000",
    AUTHENTICATIONS_PER_MINUTE: "10000",
    SESSION_TOKENS_PER_MINUTE: "10000",
  };
  const [browser, service] = await Promise.all([launch(), Service.start(settings)]);
  stage = { browser, service, platform };
});

afterAll(async () => {
  await stage?.browser.close();
  await stage?.service.discard();
  await stage?.platform.discard();
});

// In this order: the first start is the one of an empty service.
describe("the whole story", () => story(onStage));
describe("the first start", () => firstStart(onStage));
describe("signing in elsewhere", () => elsewhere(onStage));
describe("how it is served", () => serving(onStage));
describe("tokens", () => tokens(onStage));
describe("the workspace", () => workspace(onStage));
describe("the policy", () => policy(onStage));
describe("connected accounts", () => accounts(onStage));
describe("applications", () => applications(onStage));
describe("pairing", () => pairing(onStage));
describe("without a mouse", () => keyboard(onStage));
describe("watching", () => watching(onStage));
describe("a session that goes on", () => renewal(onStage));
describe("bad days", () => states(onStage));

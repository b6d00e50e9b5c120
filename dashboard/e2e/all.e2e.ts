import { afterAll, beforeAll, describe } from "vitest";
import { accounts } from "./accounts.ts";
import { launch } from "./browser.ts";
import { firstStart } from "./first-start.ts";
import { pairing } from "./pairing.ts";
import { Service } from "./service.ts";
import { serving } from "./serving.ts";
import type { Stage } from "./stage.ts";
import { tokens } from "./tokens.ts";
import { watching } from "./watching.ts";
import { workspace } from "./workspace.ts";

let stage: Stage;
const onStage = () => stage;

beforeAll(async () => {
  const settings = {
    DEFAULT_PLAN: "pro",
    REGISTRATIONS_PER_HOUR: "10000",
    AUTHENTICATIONS_PER_MINUTE: "10000",
  };
  const [browser, service] = await Promise.all([launch(), Service.start(settings)]);
  stage = { browser, service };
});

afterAll(async () => {
  await stage?.browser.close();
  await stage?.service.discard();
});

// In this order: the first start is the one of an empty service.
describe("the first start", () => firstStart(onStage));
describe("how it is served", () => serving(onStage));
describe("tokens", () => tokens(onStage));
describe("the workspace", () => workspace(onStage));
describe("connected accounts", () => accounts(onStage));
describe("pairing", () => pairing(onStage));
describe("watching", () => watching(onStage));

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";

/** Where `npm run dev` finds the service. */
const SERVICE = process.env.KEYLEDGER_ADDRESS ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), compress()],
  build: {
    target: "es2022",
    sourcemap: false,
    // The policy of the page allows no `data:` scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "^/(graphql|login|logout|register|api/|connect/)": { target: SERVICE, ws: true },
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.{ts,tsx}"] } },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.e2e.ts"],
          // Far from what they take: only what never comes may fail, on whatever machine.
          testTimeout: 240_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 30_000, interval: 100 } },
        },
      },
    ],
  },
});

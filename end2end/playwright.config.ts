import { defineConfig } from '@playwright/test';

// Each spec runs twice: with JavaScript and without. Specs that need JavaScript are named `*.hydrate.spec.ts`.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: 2,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  // Long, for a busy machine: times are measured by the benchmarks, not here.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'hydrate' },
    { name: 'ssr', use: { javaScriptEnabled: false }, testIgnore: '**/*.hydrate.spec.ts' },
  ],
});

import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		globalSetup: ['test/build.ts'],
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// Many tests wait for servers: two at a time even where there are but two processors.
		maxWorkers: Math.max(2, availableParallelism() - 1),
	},
});

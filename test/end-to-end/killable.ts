import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import process from 'node:process';

/** Starts the migration as a process; `ended` gives its exit code, or undefined after a kill. */
export const launch = (environment: Record<string, string>) => {
	const child = spawn(process.execPath, [path.resolve('test/end-to-end/killable.mjs')], {env: {...process.env, ...environment}, stdio: ['ignore', 'pipe', 'inherit']});
	let said = '';
	const migrating = new Promise<void>(resolve => {
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			said += text;
			if (said.includes('migrating') || said.includes('finished')) {
				resolve();
			}
		});
	});
	const ended = (async () => {
		const [code] = await once(child, 'close') as [number | undefined];
		return code ?? undefined;
	})();
	return {child, migrating: Promise.race([migrating, ended]), ended};
};

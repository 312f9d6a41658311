import {readdirSync, readFileSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {folder, test as sceneTest} from '../end-to-end/servers.js';

const {dependencies} = JSON.parse(readFileSync('package.json', 'utf8')) as {readonly dependencies: Readonly<Record<string, string>>};

test('every dependency is imported by the program', () => {
	const text = readdirSync('source', {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile())
		.map(entry => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
		.join('\n');
	const imported = (name: string) => text.includes(`from '${name}'`) || text.includes(`from '${name}/`) || text.includes(`import('${name}'`);
	expect(Object.keys(dependencies).filter(name => !imported(name))).toEqual([]);
});

sceneTest('after a run the directory of the program holds the configuration and the journal, and nothing that stays empty', async ({scene}) => {
	const stage = await scene({source: {folders: [folder('A', 2)]}});
	expect(await stage.run(['migrate'])).toMatchObject({code: 0});
	const names = await readdir(stage.home);
	expect(names.sort()).toEqual([expect.stringMatching(/^ana@old\.example--ana@new\.example--[\da-f]{20}\.journal$/v), 'config.yaml']);
});

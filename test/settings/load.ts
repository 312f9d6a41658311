import {Buffer} from 'node:buffer';
import {
	type LoadOptions, type Settings, SettingsError, loadSettings, showProblem,
} from '../../source/settings.js';

export const file = '/state/config.yaml';

/** Loads settings from files that exist only here. */
export const load = async (text: string | ReadonlyArray<readonly [path: string, content: string | Uint8Array]>, options: Partial<LoadOptions> = {}): Promise<Settings> => {
	const files = new Map(typeof text === 'string' ? [[file, text]] : text);
	return loadSettings({
		environment: {}, home: '/home/a', stateDirectory: '/state',
		async readFile(path) {
			const found = files.get(path);
			if (found === undefined) {
				throw Object.assign(new Error(`no ${path}`), {code: 'ENOENT'});
			}

			return typeof found === 'string' ? Buffer.from(found) : found;
		},
		...options,
	});
};

/** The problems of a configuration, shown, without the file's name. */
export const problemsOf = async (...loading: Parameters<typeof load>): Promise<string[]> => {
	try {
		await load(...loading);
		return [];
	} catch (error) {
		if (!(error instanceof SettingsError)) {
			throw error;
		}

		return error.problems.map(problem => showProblem(problem).replace(file, ''));
	}
};

export const sourceText = `source:
  host: imap.example.org
  user: a@example.org
  password: 'one'
`;

export const destinationText = `destination:
  mailbox: a@contoso.com
  transport: imap
  imap:
    host: imap.contoso.com
    password: 'two'
`;

export const plainText = sourceText + destinationText;

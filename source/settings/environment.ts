import {type Problem} from './problem.js';
import {Secret} from './secret.js';
import {resolvePath} from './paths.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable of each secret key; each also as `…_FILE`. */
const variables = [
	['source.password', 'AW2MS365_SOURCE_PASSWORD'],
	['destination.clientSecret', 'AW2MS365_CLIENT_SECRET'],
	['destination.certificatePassphrase', 'AW2MS365_CERTIFICATE_PASSPHRASE'],
	['destination.imap.password', 'AW2MS365_DESTINATION_PASSWORD'],
] as const;

export type SecretKey = typeof variables[number][0];

const variableOf = (key: SecretKey): string => variables.find(([name]) => name === key)![1];

type World = {readonly environment: Environment; readonly home: string; readonly readFile: (path: string) => Promise<Uint8Array>};

/** Words for what is missing, after "expected". */
export const missingSecret = (key: SecretKey, what: string): string => `${what}, here or in ${variableOf(key)} or ${variableOf(key)}_FILE`;

/**
A secret from the environment: from its variable, or the first line of the file that `…_FILE` names.
Variables that are set to nothing count as not set.
*/
const secretFromEnvironment = async (
	key: SecretKey,
	{environment, home, readFile}: World,
): Promise<{readonly secret?: Secret; readonly problem?: Problem}> => {
	const variable = variableOf(key);
	const value = environment[variable];
	const file = environment[`${variable}_FILE`];
	const problem = (expected: string) => ({problem: {file: 'environment', key: file ? `${variable}_FILE` : variable, expected}});
	if (value && file) {
		return problem(`either ${variable} or ${variable}_FILE, not both`);
	}

	if (value) {
		const secret = new Secret(value);
		return secret.reveal() === '' ? problem('a secret') : {secret};
	}

	if (!file) {
		return {};
	}

	const path = resolvePath(file, {home, base: '.'});
	if (path === undefined) {
		return problem('a path without another user\'s ~');
	}

	try {
		const [line] = new TextDecoder().decode(await readFile(path)).split(/\r\n?|\n/v);
		return line ? {secret: new Secret(line)} : problem('a file whose first line is the secret');
	} catch (error) {
		return problem(`a file that can be read (${(error as {code?: string}).code ?? 'unreadable'})`);
	}
};

/** All secrets of the environment, and what is wrong with those that cannot be had. */
export const secretsFromEnvironment = async (world: World): Promise<{readonly secrets: ReadonlyMap<SecretKey, Secret>; readonly problems: ReadonlyMap<SecretKey, Problem>}> => {
	const secrets = new Map<SecretKey, Secret>();
	const problems = new Map<SecretKey, Problem>();
	await Promise.all(variables.map(async ([key]) => {
		const {secret, problem} = await secretFromEnvironment(key, world);
		if (secret) {
			secrets.set(key, secret);
		}

		if (problem) {
			problems.set(key, problem);
		}
	}));
	return {secrets, problems};
};

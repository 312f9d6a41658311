import {type z} from 'zod';
import {type Problem} from './problem.js';
import {type ReadDocument, type Value} from './document.js';
import {type SecretKey} from './environment.js';
import {sectionOf, unmetRequirements} from './requirements.js';
import {
	type ParsedSettings, knownKeys, secretKeys, settingsSchema,
} from './schema.js';
import {meantKey} from './suggestion.js';

/** Sections that may be left out with all their keys missing, so that each missing key is named. */
const withSections = (value: Value): Value => value === undefined || (typeof value === 'object' && !Array.isArray(value))
	? {...value, source: value?.source ?? {}, destination: value?.destination ?? {}}
	: value;

const valueAt = (value: Value, path: readonly PropertyKey[]): Value => {
	let found: Value = value;
	for (const step of path) {
		found = typeof found === 'object' ? (found as Record<PropertyKey, Value>)[step] : undefined;
	}

	return found;
};

/** Keys whose wrong values help to see what is wrong, and can hardly be a secret that slipped. */
const shownKeys = new Set(['port', 'tls', 'region', 'transport', 'cloud', 'rateLimit', 'maxRetries', 'maxMessageSize', 'allowLoss']);

const describe = (value: Value, path: readonly PropertyKey[]): string | undefined => {
	if (Array.isArray(value)) {
		return 'a list';
	}

	if (typeof value === 'object') {
		return 'a section';
	}

	const isShown = shownKeys.has(String(path.at(-1))) && value !== undefined && /^[\w\-.,:]{1,30}(?: \w{1,10})?$/v.test(value);
	return isShown ? `"${value}"` : undefined;
};

/** Only what looks like a key is shown: a line of a broken secret does not. */
const unknownKey = (key: string): string => /^[A-Za-z][\w\-]{0,39}$/v.test(key) ? key : '(unreadable key)';

const unknownKeys = (issue: z.core.$ZodIssueUnrecognizedKeys, base: Omit<Problem, 'key' | 'expected'>, document: ReadDocument): Problem[] => {
	const section = issue.path.join('.');
	return issue.keys.map(key => {
		const meant = meantKey(section, key);
		const known = knownKeys.get(section)?.join(', ') ?? 'nothing';
		return {
			...base,
			line: document.lineOf([...issue.path as string[], key]),
			key: [...issue.path, unknownKey(key)].join('.'),
			expected: meant ? `a known key; did you mean "${meant}"?` : `one of ${known}`,
		};
	});
};

/** Values that cannot be used, by the schema and by what keys demand of each other. */
export const validate = (file: string, document: ReadDocument, hasSecret: (key: SecretKey) => boolean): {readonly parsed?: ParsedSettings; readonly problems: readonly Problem[]} => {
	const value = withSections(document.value);
	const cloud = sectionOf(value, 'destination')?.cloud;
	const result = settingsSchema(typeof cloud === 'object').safeParse(value);
	const problems: Problem[] = [];
	for (const issue of result.error?.issues ?? []) {
		if (issue.code === 'unrecognized_keys') {
			problems.push(...unknownKeys(issue, {file}, document));
			continue;
		}

		const key = issue.path.join('.');
		const found = secretKeys.has(key) ? undefined : describe(valueAt(value, issue.path), issue.path);
		const isMissing = valueAt(value, issue.path) === undefined;
		problems.push({
			file, line: document.lineOf(issue.path as string[]), key, expected: issue.message, ...(isMissing ? {found: 'nothing'} : found && {found}),
		});
	}

	// Where the text is broken, what follows may only look wrong, and what is missing may be there.
	if (document.brokenFrom < Infinity) {
		return {problems: problems.filter(({line, found}) => line! < document.brokenFrom && found !== 'nothing')};
	}

	const named = new Set(problems.map(({key}) => key));
	for (const {path, expected} of unmetRequirements(value, hasSecret)) {
		if (![path.join('.'), path[0]!, ''].some(key => named.has(key))) {
			problems.push({
				file, line: document.lineOf(path), key: path.join('.'), expected,
			});
		}
	}

	return {problems, ...(result.success && {parsed: result.data})};
};

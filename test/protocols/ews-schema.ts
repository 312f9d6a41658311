import {execFile, execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {ns} from '../../source/protocols/ews-xml.js';

const schema = path.resolve('..', 'shared', 'reference', 'ews-schema', 'messages.xsd');

const hasXmllint = (): boolean => {
	try {
		execFileSync('xmllint', ['--version'], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
};

/** Whether Microsoft's schema and xmllint are here; tests that need them are shown as skipped where not. */
export const schemaAvailable = existsSync(schema) && hasXmllint();

if (existsSync(schema) && !schemaAvailable && process.env.AW2MS365_REQUIRE_ALL === '1') {
	throw new Error('xmllint is not installed, and these tests must not be skipped here: apt-get install libxml2-utils');
}

/** Files for one run: command lines are limited, and the schema takes a while to load. */
const mostFiles = 200;

const validate = async (files: readonly string[]): Promise<string> => new Promise((resolve, reject) => {
	execFile('xmllint', ['--noout', '--nonet', '--huge', '--schema', schema, ...files], {maxBuffer: 64 * 1024 * 1024}, (error, _, complaints) => {
		// It ends with 3 where a file does not validate, with 1 where one is no XML.
		if (error && typeof error.code !== 'number') {
			reject(new Error('xmllint could not be run', {cause: error}));
			return;
		}

		resolve(complaints.split('\n').filter(line => line !== '' && !line.endsWith(' validates')).join('\n'));
	});
});

/** The operation element of a SOAP envelope that was sent; what is none already is taken as it is. */
const operationOf = (text: string): string => /<(?:\w+:)?Body>(?<body>.*)<\/(?:\w+:)?Body>\s*<\/(?:\w+:)?Envelope>\s*$/sv.exec(text)?.groups!.body ?? text;

/**
What the schema has against operation elements with prefixes `m:` and `t:`, as sent in the SOAP body (or within their
envelopes); '' for nothing. The same text is looked at once.
*/
export const complaintsOf = async (bodies: readonly string[]): Promise<string> => {
	if (bodies.length === 0) {
		throw new Error('nothing to validate');
	}

	const directory = await mkdtemp(path.join(os.tmpdir(), 'ews-schema-'));
	try {
		const operations = [...new Set(bodies.map(body => operationOf(body)))];
		const files = await Promise.all(operations.map(async (body, number) => {
			const file = path.join(directory, `${number}.xml`);
			await writeFile(file, body.replace(/^(?<start><m:\w+)/v, `$<start> xmlns:m="${ns.messages}" xmlns:t="${ns.types}"`));
			return file;
		}));
		const complaints: string[] = [];
		for (let start = 0; start < files.length; start += mostFiles) {
			// eslint-disable-next-line no-await-in-loop -- one run after another
			complaints.push(await validate(files.slice(start, start + mostFiles)));
		}

		return complaints.filter(Boolean).join('\n').replaceAll(`${directory}/`, '');
	} finally {
		await rm(directory, {recursive: true});
	}
};

/** @throws with xmllint's words where a body is not what messages.xsd allows */
export const expectValid = async (bodies: readonly string[]): Promise<void> => {
	const complaints = await complaintsOf(bodies);
	if (complaints !== '') {
		throw new Error(complaints.slice(0, 10_000));
	}
};

import {type ChildProcess, spawn} from 'node:child_process';
import {mkdir, mkdtemp, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** What one run of the program as a process left. */
export type Finished = {
	readonly code: number | undefined;
	readonly signal: NodeJS.Signals | undefined;
	readonly stdout: string;
	readonly stderr: string;
};

export type Running = {readonly child: ChildProcess; readonly finished: Promise<Finished>; readonly stderr: () => string; readonly stdout: () => string};

const cli = path.resolve('dist/cli.js');

/** Starts the built program. */
export const start = (parameters: readonly string[], environment: Record<string, string> = {}): Running => {
	const child = spawn(process.execPath, [cli, ...parameters], {env: {...process.env, ...environment}, stdio: ['ignore', 'pipe', 'pipe']});
	let [stdout, stderr] = ['', ''];
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	return {
		child,
		stdout: () => stdout,
		stderr: () => stderr,
		finished: new Promise(resolve => {
			child.on('close', (code, signal) => {
				resolve({
					code: code ?? undefined, signal: signal ?? undefined, stdout, stderr,
				});
			});
		}),
	};
};

export const run = async (parameters: readonly string[], environment: Record<string, string> = {}): Promise<Finished> => start(parameters, environment).finished;

/** The lines of an NDJSON run. */
export const linesOf = ({stdout}: {readonly stdout: string}): Array<Record<string, unknown>> => stdout.trim().split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, unknown>);

export type Side = {readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly tls?: boolean; readonly ca?: string};

/** A state directory with a configuration of two IMAP servers. */
export const configure = async (source: Side, destination: Side, options: Record<string, unknown> = {}): Promise<{readonly home: string; readonly environment: Record<string, string>; readonly file: string}> => {
	const home = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-home-'));
	await mkdir(home, {recursive: true, mode: 0o700});
	const file = path.join(home, 'config.yaml');
	const side = ({host, port, user, password, tls = false, ca}: Side) => ({
		host, port, tls, user, password, ...(ca && {ca}),
	});
	// JSON is YAML.
	await writeFile(file, JSON.stringify({source: side(source), destination: {mailbox: 'ana@new.example', transport: 'imap', imap: side(destination)}, options}), {mode: 0o600});
	return {home, environment: Object.fromEntries([['AW2MS365_HOME', home]]), file};
};

/** A mailbox of the stand-in for Microsoft 365 and the application that opens it. */
export type MicrosoftSide = {
	/** `127.0.0.1:port`. */
	readonly host: string;
	readonly mailbox: string;
	readonly app: {readonly tenant: string; readonly clientId: string; readonly secret: string};
	/** PEM. */
	readonly ca: string;
};

/** A state directory with a configuration of an IMAP server and Microsoft 365, by EWS. */
export const configureMicrosoft = async (source: Side, {host, mailbox, app, ca}: MicrosoftSide, options: Record<string, unknown> = {}): ReturnType<typeof configure> => {
	const place = await configure(source, source, options);
	const authority = path.join(place.home, 'authority.pem');
	await writeFile(authority, ca);
	await writeFile(place.file, JSON.stringify({
		source: {
			host: source.host, port: source.port, tls: source.tls ?? false, user: source.user, password: source.password,
		},
		destination: {
			mailbox, transport: 'ews', tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret,
			cloud: {login: host, ews: host, ca: authority},
		},
		options,
	}), {mode: 0o600});
	return place;
};

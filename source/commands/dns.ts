import os from 'node:os';
import {type Check} from '../dns/check.js';
import {type CloudName, cloudNames, clouds} from '../dns/clouds.js';
import {
	type Domain, landlordOf, parseDomain, showDomain,
} from '../dns/domain.js';
import {lookUp, type Published} from '../dns/published.js';
import {parseServer} from '../dns/servers.js';
import {stepsFor} from '../dns/records.js';
import {checkRecord} from '../dns/verdict.js';
import {FailureError} from '../mailbox/failure.js';
import {type DnsCheck} from '../migration/events.js';
import {type ExitCode} from '../output/exit-code.js';
import {clouds as hosts} from '../settings/hosts.js';
import {
	loadSettings, type Settings, SettingsError, stateDirectory,
} from '../settings.js';
import {type Arguments} from './arguments.js';
import {type World} from './session.js';
import {onStage} from './stage.js';

type Subject = {readonly domain: Domain; readonly cloud: CloudName; readonly warnings: readonly string[]};

const usage = (detail: string): never => {
	throw new FailureError('usage-invalid', {detail});
};

/** The configuration, if there is one to be read; one that was named must be. */
const settingsIfAny = async (asked: Arguments, {environment}: World): Promise<{readonly settings?: Settings; readonly problem?: SettingsError}> => {
	try {
		const settings = await loadSettings({
			...(asked.file !== undefined && {file: asked.file}), environment, home: os.homedir(), stateDirectory: await stateDirectory(environment), needsSecrets: false,
		});
		return {settings};
	} catch (error) {
		if (asked.file !== undefined || !(error instanceof SettingsError)) {
			throw error;
		}

		return {problem: error};
	}
};

const isAbsent = (problem: SettingsError | undefined): boolean => problem?.problems.length === 1 && problem.problems[0]!.found === 'no such file';

const cloudOf = (asked: Arguments, settings: Settings | undefined): CloudName => {
	if (asked.cloud !== undefined) {
		return cloudNames.find(name => name === asked.cloud) ?? usage(`--cloud takes one of ${cloudNames.join(', ')}`);
	}

	const ews = settings?.destination.cloud.ews;
	return cloudNames.find(name => hosts[name].ews === ews) ?? 'global';
};

/** The domain of the destination's mailbox; while that is still Microsoft's own, of the source's. */
const domainOf = (settings: Settings): {readonly domain: Domain; readonly warnings: readonly string[]} => {
	const {destination: {mailbox}, source: {user}, file} = settings;
	const own = parseDomain(mailbox) ?? usage(`destination.mailbox in ${file} has no domain; name it: aw2ms365 dns contoso.com`);
	const landlord = landlordOf(own);
	if (landlord === undefined) {
		return {domain: own, warnings: []};
	}

	const former = user.includes('@') ? parseDomain(user) : undefined;
	return former !== undefined && landlordOf(former) === undefined
		? {domain: former, warnings: [`${own} is ${landlord}'s own domain, where there is nothing to set: this is about ${former}, the source's.`]}
		: usage(`${own} is ${landlord}'s own domain, where there is nothing to set; name yours: aw2ms365 dns contoso.com`);
};

const subjectOf = async (asked: Arguments, world: World): Promise<Subject> => {
	for (const text of asked.resolver) {
		if (!parseServer(text)) {
			usage(`--resolver ${text}: host, or host:port`);
		}
	}

	if (asked.domain === undefined) {
		const {settings, problem} = await settingsIfAny(asked, world);
		if (!settings) {
			throw isAbsent(problem) ? new FailureError('usage-invalid', {detail: 'there is no configuration to take the domain from; name it: aw2ms365 dns contoso.com'}) : problem!;
		}

		return {...domainOf(settings), cloud: cloudOf(asked, settings)};
	}

	const domain = parseDomain(asked.domain) ?? usage(`"${asked.domain}" is no mail domain: a name such as contoso.com`);
	const landlord = landlordOf(domain);
	if (landlord !== undefined) {
		usage(`${domain} is ${landlord}'s own domain, where there is nothing to set`);
	}

	const {settings, problem} = await settingsIfAny(asked, world);
	return {
		domain, cloud: cloudOf(asked, settings), warnings: problem && !isAbsent(problem) && asked.cloud === undefined ? ['The configuration cannot be read; this is for the worldwide Microsoft 365 (else: --cloud).'] : [],
	};
};

const told = ({answers, ...check}: Check): DnsCheck => ({
	...check,
	servers: answers.map(({server, isZones, answer}) => ({
		server, isZones, answer: answer.status === 'found' ? 'found' : answer.why, values: answer.status === 'found' ? answer.values : [],
	})),
});

/** @throws host-unreachable where no question was answered */
const lookUpAny = async (domain: Domain, asked: Arguments, signal: AbortSignal): Promise<Published> => {
	const published = await lookUp(domain, {resolvers: asked.resolver, signal});
	const {mx, texts, dmarc, autodiscover, selectors} = published;
	const views = [mx, texts, dmarc, autodiscover, ...selectors].flatMap(looked => looked.views);
	if (views.every(({answer}) => answer.status === 'failed')) {
		throw new FailureError('host-unreachable', {detail: `no name server answers for ${domain}: ${mx.views.map(({server, answer}) => `${server} ${answer.status === 'failed' ? answer.why : ''}`).join(', ')}`});
	}

	return published;
};

/** `dns`: the records to set for a domain, and with `--check` what is published today. Changes nothing anywhere. */
export const dns = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const {domain, cloud, warnings} = await subjectOf(asked, world);
	return onStage(asked, world.clock, async ({tell, control}) => {
		tell({
			type: 'run.started', command: 'dns', version: world.version, source: '', destination: domain, transport: 'imap',
		});
		for (const words of warnings) {
			tell({type: 'warning', words});
		}

		tell({
			type: 'dns.domain', domain, shown: showDomain(domain), cloud: clouds[cloud].title, checked: asked.check,
		});
		const published = asked.check ? await lookUpAny(domain, asked, control.stopping) : undefined;
		if (published?.mx.views.some(({answer}) => answer.status === 'absent' && answer.why === 'no-name')) {
			tell({type: 'warning', words: `There is no domain ${showDomain(domain)} in DNS: is it written so?`});
		}

		let isWell = true;
		for (const [index, step] of stepsFor(domain, cloud).entries()) {
			if ('action' in step) {
				tell({type: 'dns.action', step: index + 1, ...step.action});
			} else {
				const check = published && checkRecord(step.record.record, domain, published, cloud);
				isWell &&= !check || check.verdict === 'ok' || (check.verdict === 'unknown' && check.finding !== 'lookup-failed');
				tell({
					type: 'dns.record', step: index + 1, ...step.record, ...(check && {check: told(check)}),
				});
			}
		}

		tell({type: 'run.ended', outcome: isWell ? 'complete' : 'partial'});
	});
};

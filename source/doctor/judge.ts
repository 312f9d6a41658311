import {type Check} from './check.js';
import {
	type Subject, foundIn, type ServerFindings, type TenantFindings,
} from './findings.js';
import {judgeServer} from './server.js';
import {judgeLogin} from './tenant.js';
import {judgeRoads, passableRoads} from './roads.js';
import {advise, advisePassword, type Advice} from './transport.js';

export {judgeMachine} from './machine.js';
export {judgeServer} from './server.js';

export type Judged = {readonly checks: readonly Check[]; readonly advice: Advice};

/** A mailbox of Microsoft 365, and how a migration would come into it. @param source of the source, for the hours */
export const judgeTenant = (findings: TenantFindings, subject: Subject, source: ServerFindings): Judged => {
	const {check, advice} = advise(findings, subject, foundIn(source.folders));
	return {checks: [...judgeLogin(findings, subject, passableRoads(findings, subject).length > 0), ...judgeRoads(findings, subject), check], advice};
};

/** A server with a password in its place. */
export const judgePassword = (findings: ServerFindings, source: ServerFindings): Judged => {
	const {check, advice} = advisePassword(findings, foundIn(source.folders));
	return {checks: [...judgeServer('destination', findings), check], advice};
};

import {FailureError} from '../mailbox/failure.js';
import {type accessTo} from './microsoft.js';

/** Of one host's service. @param fresh none from a cache: the last one was refused. @param signal nobody waits for it any more */
export type AccessSource = (fresh?: boolean, signal?: AbortSignal) => ReturnType<ReturnType<typeof accessTo>>;

/** Refusals that concern one service of the tenant: another one may still be open. All others concern the application. */
const ofOneService = /^AADSTS(?:500011|65001|650052|650056|650057|70011|90094|1002012)\b/v;

/** A refused application is not asked for again so soon for another service, in milliseconds: it may have taken two minutes to be sure. */
const stillRefused = 60_000;

/**
Tokens of one application for each host, made where they are first wanted: what makes them is heavy. Where the application as such
is refused, that is found out once, not once for each of its services.
*/
export const appTokens = (app: Parameters<typeof accessTo>[1]): (host: string) => AccessSource => {
	const sources = new Map<string, AccessSource>();
	let refusal: {readonly error: FailureError; readonly host: string; readonly at: number} | undefined;
	const make = (host: string): AccessSource => {
		let tokens: Promise<AccessSource> | undefined;
		return async (fresh, signal) => {
			tokens ??= (async () => {
				const microsoft = await import('./microsoft.js');
				return microsoft.accessTo(host, app);
			})();
			const source = await tokens;
			if (refusal && refusal.host !== host && app.clock.now() - refusal.at < stillRefused) {
				throw refusal.error;
			}

			try {
				return await source(fresh, signal);
			} catch (error) {
				if (error instanceof FailureError && error.failure.code === 'sign-in-refused' && !ofOneService.test(error.failure.detail ?? '')) {
					refusal = {error, host, at: app.clock.now()};
				}

				throw error;
			}
		};
	};

	return host => {
		const source = sources.get(host) ?? make(host);
		sources.set(host, source);
		return source;
	};
};

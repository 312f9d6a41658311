import {type DnsVerdict, type DoctorVerdict, type Event} from './events.js';

/** The part of the fold that commands fill which only look. */
export type Looks = {
	/** For `dns`: the domain, and how many of its records stand how; nothing was looked at where not `checked`. */
	dns?: {readonly domain: string; readonly cloud: string; readonly checked: boolean; records: number} & Record<DnsVerdict, number>;
	/** For `doctor`: how many checks went how, and the way that a migration would take. */
	doctor?: {transport?: string} & Record<DoctorVerdict, number>;
};

export const foldLook = (looks: Looks, event: Extract<Event, {readonly type: 'dns.domain' | 'dns.record' | 'doctor.check' | 'doctor.transport'}>): void => {
	switch (event.type) {
		case 'dns.domain': {
			const {domain, cloud, checked} = event;
			looks.dns = {
				domain, cloud, checked, records: 0, ok: 0, differs: 0, missing: 0, unknown: 0,
			};
			break;
		}

		case 'dns.record': {
			if (looks.dns) {
				looks.dns.records++;
				if (event.check) {
					looks.dns[event.check.verdict]++;
				}
			}

			break;
		}

		case 'doctor.check': {
			looks.doctor ??= {
				ok: 0, warning: 0, failed: 0, skipped: 0, unknown: 0,
			};
			looks.doctor[event.verdict]++;
			break;
		}

		case 'doctor.transport': {
			if (looks.doctor && event.transport) {
				looks.doctor.transport = event.transport;
			}

			break;
		}
	}
};

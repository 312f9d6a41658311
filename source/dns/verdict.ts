import {checkAutodiscover, checkDkim} from './alias-verdict.js';
import {type Check} from './check.js';
import {type CloudName} from './clouds.js';
import {type Domain} from './domain.js';
import {checkMx} from './mx-verdict.js';
import {type Published} from './published.js';
import {type RecordId} from './records.js';
import {checkSpf} from './spf-verdict.js';
import {checkDmarc, checkVerification} from './text-verdict.js';

/** Compares what is published with what is wanted; pure. */
export const checkRecord = (record: RecordId, domain: Domain, published: Published, cloud: CloudName): Check => {
	switch (record) {
		case 'verification': {
			return checkVerification(published, cloud);
		}

		case 'spf': {
			return checkSpf(published, cloud);
		}

		case 'dkim-selector1': {
			return checkDkim(domain, published.selectors[0], 1, cloud);
		}

		case 'dkim-selector2': {
			return checkDkim(domain, published.selectors[1], 2, cloud);
		}

		case 'mx': {
			return checkMx(domain, published, cloud);
		}

		case 'autodiscover': {
			return checkAutodiscover(published.autodiscover, cloud);
		}

		case 'dmarc': {
			return checkDmarc(domain, published, cloud);
		}
	}
};

import {keepsThePromises} from './destination.js';
import {ewsManner} from './ews-ground.js';

const pages = {page: 10, pageWithRestriction: 5, shortPages: 0.2};

keepsThePromises(ewsManner('the stand-in for Microsoft 365, by EWS', {limits: pages}, true));
keepsThePromises(ewsManner('the stand-in for Microsoft 365 in German, by EWS', {
	limits: pages, seed: 7, users: [{
		address: 'a@example.org', mailbox: {
			names: {
				inbox: 'Posteingang', sentitems: 'Gesendete Elemente', drafts: 'Entwürfe', calendar: 'Kalender',
			},
		},
	}],
}));

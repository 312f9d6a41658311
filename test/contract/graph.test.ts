import {keepsThePromises} from './destination.js';
import {graphManner} from './graph-ground.js';

keepsThePromises(graphManner('the stand-in for Microsoft 365, by importMime of beta', {}, {limits: {shortPages: 0.2}}, true));
keepsThePromises(graphManner('the stand-in for Microsoft 365 in German, by importMime of v1.0', {importMime: {v1: true, isRead: true}}, {
	limits: {shortPages: 0.2}, seed: 7, users: [{
		address: 'a@example.org', mailbox: {
			names: {
				inbox: 'Posteingang', sentitems: 'Gesendete Elemente', drafts: 'Entwürfe', calendar: 'Kalender',
			},
		},
	}],
}));

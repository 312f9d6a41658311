import {keepsThePromises} from './destination.js';
import {graphJsonManner} from './graph-ground.js';

keepsThePromises(graphJsonManner('the stand-in for Microsoft 365, by JSON', {}, {limits: {shortPages: 0.2}}));
keepsThePromises(graphJsonManner('the stand-in for Microsoft 365 of a national cloud, by JSON', {isNationalCloud: true, patchesDates: false}, {limits: {shortPages: 0.2}, seed: 7}));

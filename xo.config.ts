import {type FlatXoConfig} from 'xo';

const xoConfig: FlatXoConfig = [
	{ignores: ['dist', 'media']},
];

export default xoConfig;

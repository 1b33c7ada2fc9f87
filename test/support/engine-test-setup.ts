import { untilBuilt } from './build.js';

await untilBuilt();

import { setFlagsFromString } from 'node:v8';

// Imported before everything else that allocates. While modules are loaded V8 would let its young generation
// grow to 32 MB, which an idle server then keeps for good; a small one costs a few short collections more.
setFlagsFromString('--semi-space-growth-factor=1');
// Code that ran only while everything was set up is given up sooner: about 8 MB, and no slower to measure.
setFlagsFromString('--optimize-for-size');

import { setFlagsFromString } from 'node:v8';

// Imported before everything else that allocates. While modules load, V8 would let its young generation
// grow to 32 MB, which an idle server then keeps; a small one costs a few more short collections.
setFlagsFromString('--semi-space-growth-factor=1');
// Code that runs only during startup is discarded sooner: saves about 8 MB without a measurable slowdown.
setFlagsFromString('--optimize-for-size');

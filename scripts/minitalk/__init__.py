"""Everything of minitalk that is Python; scripts/lab is its one entry point. Importing a room costs
little: matplotlib, numpy, scipy and rich are imported where something is drawn or computed."""

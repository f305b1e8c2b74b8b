"""The generated blocks of the documents: facts stand in the programs, and are copied by machine."""

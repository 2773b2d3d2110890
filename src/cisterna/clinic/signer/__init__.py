"""The process that holds the programmer's key and signs only what an approval names.

`python -m cisterna.clinic.signer FOLDER SOCKET` holds the key; `call` is how others ask it.
It reads the events of a change for itself (`look`), compares what is asked with what the pump runs
(`compare`), spends every approval once and writes down what it signs before it gives the signature
away (`record`). Of the gate it shares nothing but the form of an event and the rules' data.
"""

"""
What a person reads: a verification's report (`trail.report.text`) and a status (`trail.report.status`), in Chinese and
English.  Nothing is imported here, so that the report of a verification loads no projection.
"""

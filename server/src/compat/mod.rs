//! The contracts of the replaced systems, one folder each. Their names, texts and quirks appear nowhere else.

pub mod kandid;
pub mod leads_artisan;
pub mod mini_crm;
pub mod xenocrm;
